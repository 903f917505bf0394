# Lambda Function: User Registration Event Processor
import json
import boto3
import logging

logger = logging.getLogger()
logger.setLevel(logging.INFO)

def lambda_handler(event, context):
    """Process user registration events from EventBridge"""
    
    try:
        # Parse EventBridge event
        detail = event['detail']
        user_id = detail['user_id']
        email = detail['email']
        registration_type = detail['registration_type']
        
        logger.info(f"Processing registration for user: {user_id}")
        
        # Initialize AWS services
        ses = boto3.client('ses')
        dynamodb = boto3.resource('dynamodb')
        
        # Update user profile in DynamoDB
        users_table = dynamodb.Table('MyLearning-Users')
        users_table.update_item(
            Key={'user_id': user_id},
            UpdateExpression='SET registration_status = :status, onboarding_step = :step',
            ExpressionAttributeValues={
                ':status': 'active',
                ':step': 'welcome_email_sent'
            }
        )
        
        # Send personalized welcome email
        email_template = get_welcome_email_template(registration_type)
        
        ses.send_templated_email(
            Source='welcome@mylearning.com',
            Destination={'ToAddresses': [email]},
            Template=email_template,
            TemplateData=json.dumps({
                'user_id': user_id,
                'registration_type': registration_type
            })
        )
        
        # Trigger course recommendations
        if registration_type in ['premium', 'enterprise']:
            trigger_course_recommendations(user_id, detail.get('course_interests', []))
        
        logger.info(f"Successfully processed registration for user: {user_id}")
        
        return {
            'statusCode': 200,
            'body': json.dumps({
                'message': 'User registration processed successfully',
                'user_id': user_id
            })
        }
        
    except Exception as e:
        logger.error(f"Error processing user registration: {str(e)}")
        raise e

def get_welcome_email_template(registration_type):
    """Get appropriate email template based on registration type"""
    
    templates = {
        'free': 'MyLearning-Welcome-Free',
        'premium': 'MyLearning-Welcome-Premium',
        'enterprise': 'MyLearning-Welcome-Enterprise'
    }
    
    return templates.get(registration_type, 'MyLearning-Welcome-Default')

def trigger_course_recommendations(user_id, interests):
    """Trigger personalized course recommendations"""
    
    eventbridge = boto3.client('events')
    
    recommendation_event = {
        'user_id': user_id,
        'interests': interests,
        'recommendation_type': 'onboarding',
        'priority': 'high'
    }
    
    eventbridge.put_events(
        Entries=[
            {
                'Source': 'mylearning.recommendation-service',
                'DetailType': 'Course Recommendation Request',
                'Detail': json.dumps(recommendation_event),
                'EventBusName': 'mylearning-application-events'
            }
        ]
    )
