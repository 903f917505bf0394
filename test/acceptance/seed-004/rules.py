def create_eventbridge_rules():
    """Create EventBridge rules for MyLearning.com automation"""
    
    eventbridge = boto3.client('events')
    
    # Rule 1: User Registration Automation
    user_registration_rule = {
        'Name': 'MyLearning-UserRegistration-Automation',
        'EventPattern': json.dumps({
            'source': ['mylearning.user-service'],
            'detail-type': ['User Registration Completed'],
            'detail': {
                'registration_type': ['premium', 'enterprise']
            }
        }),
        'State': 'ENABLED',
        'Description': 'Automate premium user onboarding process',
        'EventBusName': 'mylearning-application-events'
    }
    
    # Create the rule
    eventbridge.put_rule(**user_registration_rule)
    
    # Add targets to the rule
    eventbridge.put_targets(
        Rule='MyLearning-UserRegistration-Automation',
        EventBusName='mylearning-application-events',
        Targets=[
            {
                'Id': '1',
                'Arn': 'arn:aws:lambda:ap-south-1:123456789012:function:send-welcome-email',
                'InputTransformer': {
                    'InputPathsMap': {
                        'userId': '$.detail.user_id',
                        'email': '$.detail.email',
                        'tier': '$.detail.registration_type'
                    },
                    'InputTemplate': '{"userId": "<userId>", "email": "<email>", "tier": "<tier>", "action": "send_welcome_email"}'
                }
            },
            {
                'Id': '2',
                'Arn': 'arn:aws:sqs:ap-south-1:123456789012:user-onboarding-queue',
                'MessageGroupId': 'user-onboarding'
            },
            {
                'Id': '3',
                'Arn': 'arn:aws:sns:ap-south-1:123456789012:sales-notifications',
                'InputTransformer': {
                    'InputPathsMap': {
                        'userId': '$.detail.user_id',
                        'tier': '$.detail.registration_type',
                        'source': '$.detail.referral_source'
                    },
                    'InputTemplate': 'New premium user registered: <userId>, Tier: <tier>, Source: <source>'
                }
            }
        ]
    )
    
    # Rule 2: Infrastructure Monitoring
    infrastructure_rule = {
        'Name': 'MyLearning-Infrastructure-Monitoring',
        'EventPattern': json.dumps({
            'source': ['aws.ec2', 'aws.rds', 'aws.autoscaling'],
            'detail-type': [
                'EC2 Instance State-change Notification',
                'RDS DB Instance Event',
                'EC2 Instance Launch Successful'
            ],
            'detail': {
                'state': ['stopped', 'terminated', 'running']
            }
        }),
        'State': 'ENABLED',
        'Description': 'Monitor infrastructure changes and automate responses'
    }
    
    eventbridge.put_rule(**infrastructure_rule)
    
    eventbridge.put_targets(
        Rule='MyLearning-Infrastructure-Monitoring',
        Targets=[
            {
                'Id': '1',
                'Arn': 'arn:aws:lambda:ap-south-1:123456789012:function:infrastructure-event-processor',
                'DeadLetterConfig': {
                    'Arn': 'arn:aws:sqs:ap-south-1:123456789012:infrastructure-dlq'
                },
                'RetryPolicy': {
                    'MaximumRetryAttempts': 3,
                    'MaximumEventAge': 3600
                }
            },
            {
                'Id': '2',
                'Arn': 'arn:aws:sns:ap-south-1:123456789012:infrastructure-alerts'
            }
        ]
    )
    
    # Rule 3: Scheduled Maintenance Tasks
    maintenance_rule = {
        'Name': 'MyLearning-Daily-Maintenance',
        'ScheduleExpression': 'cron(0 2 * * ? *)',  # Daily at 2 AM UTC
        'State': 'ENABLED',
        'Description': 'Daily maintenance and cleanup tasks'
    }
    
    eventbridge.put_rule(**maintenance_rule)
    
    eventbridge.put_targets(
        Rule='MyLearning-Daily-Maintenance',
        Targets=[
            {
                'Id': '1',
                'Arn': 'arn:aws:lambda:ap-south-1:123456789012:function:daily-backup-cleanup'
            },
            {
                'Id': '2',
                'Arn': 'arn:aws:lambda:ap-south-1:123456789012:function:log-archival'
            },
            {
                'Id': '3',
                'Arn': 'arn:aws:lambda:ap-south-1:123456789012:function:performance-report-generator'
            }
        ]
    )

# Execute rule creation
create_eventbridge_rules()
