def setup_schema_registry():
    """Set up EventBridge Schema Registry for MyLearning.com"""
    
    schemas = boto3.client('schemas')
    
    # Create schema registry
    registry_response = schemas.create_registry(
        RegistryName='MyLearning-EventSchemas',
        Description='Event schemas for MyLearning.com application events',
        Tags={
            'Environment': 'production',
            'Application': 'MyLearning'
        }
    )
    
    # Define user registration event schema
    user_registration_schema = {
        "openapi": "3.0.0",
        "info": {
            "version": "1.0.0",
            "title": "UserRegistrationEvent"
        },
        "paths": {},
        "components": {
            "schemas": {
                "UserRegistrationEvent": {
                    "type": "object",
                    "required": ["user_id", "email", "registration_type", "timestamp"],
                    "properties": {
                        "user_id": {"type": "string"},
                        "email": {"type": "string", "format": "email"},
                        "registration_type": {
                            "type": "string",
                            "enum": ["free", "premium", "enterprise"]
                        },
                        "course_interests": {
                            "type": "array",
                            "items": {"type": "string"}
                        },
                        "referral_source": {"type": "string"},
                        "timestamp": {"type": "string", "format": "date-time"}
                    }
                }
            }
        }
    }
    
    # Create schema
    schemas.create_schema(
        RegistryName='MyLearning-EventSchemas',
        SchemaName='UserRegistrationEvent',
        Type='OpenApi3',
        Description='Schema for user registration events',
        Content=json.dumps(user_registration_schema)
    )
    
    print("Schema registry and schemas created successfully")

# MyLearning.com Event Schema Catalog
event_schemas = {
    'user_events': {
        'UserRegistrationEvent': 'User registration completion',
        'UserLoginEvent': 'User authentication events',
        'CourseEnrollmentEvent': 'Course enrollment activities',
        'CourseCompletionEvent': 'Course completion milestones'
    },
    'system_events': {
        'InfrastructureChangeEvent': 'Infrastructure state changes',
        'SecurityAlertEvent': 'Security-related alerts',
        'PerformanceMetricEvent': 'Performance threshold breaches',
        'MaintenanceEvent': 'Scheduled maintenance activities'
    },
    'business_events': {
        'RevenueThresholdEvent': 'Revenue milestone achievements',
        'CustomerSupportEvent': 'Support ticket activities',
        'MarketingCampaignEvent': 'Marketing campaign triggers',
        'AnalyticsReportEvent': 'Automated report generation'
    }
}
